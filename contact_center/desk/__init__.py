"""What an operator does in one transaction: take, reply, note, transfer, close."""
