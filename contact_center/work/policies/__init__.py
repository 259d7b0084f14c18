"""The routing policy: editions of a document that the queues' rows carry."""
