-- Programs that know step 7 may run beside it.
-- One index less for each message: at which place of Flex a message lies is asked of the newest of a chat, for which the
-- chat's own index will do.

DROP INDEX message_place;
