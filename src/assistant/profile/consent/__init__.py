"""What a customer decided, what that adds up to, and the gate that grants by it."""
