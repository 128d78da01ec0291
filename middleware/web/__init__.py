"""The outside wall: browsers' sockets and Twilio's webhooks."""
