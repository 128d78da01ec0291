-- Where a message lies at Flex, so that a change there finds it: `place` is Flex's index; `worded_at` is Flex's time of its
-- newest wording, `learned_at` ours. Messages that were stored before have no place, and stay as they are.
ALTER TABLE message ADD COLUMN edited TEXT CHECK (edited IN ('reworded', 'withdrawn'));
ALTER TABLE message ADD COLUMN place INTEGER;
ALTER TABLE message ADD COLUMN worded_at REAL NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN learned_at REAL NOT NULL DEFAULT 0;

CREATE INDEX message_place ON message (chat, place) WHERE place IS NOT NULL;
CREATE INDEX message_edited ON message (chat, seq) WHERE edited IS NOT NULL;

-- A held change waits for the message of this index, not for its own turn.
ALTER TABLE inbox ADD COLUMN about INTEGER;

CREATE INDEX inbox_about ON inbox (ref, about) WHERE about IS NOT NULL;
