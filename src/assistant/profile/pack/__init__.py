"""What the operator wrote: categories, purposes and questions, read whole or not at all."""
