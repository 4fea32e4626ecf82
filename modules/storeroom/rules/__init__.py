"""What is right in the storeroom, without a database."""
