-- Whether events of the chat are held, in its own row: who waited for the row would not see what another has just put into
-- the inbox. Nobody of an earlier step may run beside, because it would not write this.

ALTER TABLE chat ADD COLUMN holds INTEGER NOT NULL DEFAULT 0 CHECK (holds IN (0, 1));
UPDATE chat SET holds = 1 WHERE ref IN (SELECT ref FROM inbox WHERE held IS NOT NULL);
