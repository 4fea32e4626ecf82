"""A simulated district: three centres whose people play outpatient days through the product's own use cases."""
