-- Fewer indexes to keep for each message: what is not sent yet has a delivery, and few messages fail. Programs of this step
-- and later remember no key of an utterance that came in its turn, so none of an earlier step may run beside them.

DROP INDEX message_unsent;
DROP INDEX delivery_of_message;
CREATE INDEX message_failed ON message (chat, seq) WHERE status = 'failed';
