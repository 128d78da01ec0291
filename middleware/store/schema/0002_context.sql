-- What the page told of the visit when the chat was opened: JSON, an object of texts; NULL for nothing.
ALTER TABLE chat ADD COLUMN context TEXT;
