"""What is stored of a customer, who read it and what it helped, told to whom it concerns."""
