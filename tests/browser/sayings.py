"""What is said and asked on the stage."""

from typing import Any

TALK: list[dict[str, Any]] = [
    {"mine": True, "text": "Hello! My rear brake squeaks."},
    {"mine": True, "text": "It is the blue bike."},
    {"kind": "joined"},
    {"text": "Hi Ada! Did you ride in the rain? See https://example.com/brakes"},
    {"text": "👍"},
    {"text": "Not this", "edited": "withdrawn"},
    {"text": "We close at six.", "edited": "reworded"},
    {"kind": "left"},
    {"text": "Somebody will be with you soon.", "author": "bot", "name": None},
    {"kind": "system", "text": "You are next."},
]

UNHAPPY: list[dict[str, Any]] = [
    {"mine": True, "text": "on its way", "state": "sending"},
    {"mine": True, "text": "on its way for long", "state": "trying"},
    {"mine": True, "text": "not delivered", "state": "failed"},
    {"mine": True, "text": "not accepted", "state": "refused", "refusal": "no"},
    {"mine": True, "text": "for the next chat", "state": "held"},
]

FIELDS: list[dict[str, Any]] = [
    {"name": "name", "type": "text", "label": "Your name", "required": True},
    {
        "name": "email",
        "type": "email",
        "label": "E-mail",
        "required": True,
        "hint": "In case you have to go.",
    },
    {"name": "order", "type": "text", "label": "Order", "pattern": "[A-Z]{2}\\d+", "hint": "As AB123"},
    {"name": "topic", "type": "select", "label": "What is it about?", "options": ["Repair", "Order"], "required": True},
    {"name": "more", "type": "textarea", "label": "Tell us more"},
    {"name": "terms", "type": "checkbox", "label": "I agree to the terms", "link": "/terms", "required": True},
]
