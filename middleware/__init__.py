"""Brings a Socket.IO chat of your own into Twilio Flex.

The map: `relay` is the heart (four directions, standard library only); `flex` speaks
Twilio; `store` speaks SQL; `web` faces the browser and Twilio's webhooks; `simulator` is
a pretend Twilio; `app` puts them together and `cli` is the way in.
"""

__version__ = "0.1.0"
