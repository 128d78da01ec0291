"""Twilio is spoken here: the only room with sids, channels and conversations."""
