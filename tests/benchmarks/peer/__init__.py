"""The least a Django product can do, and what it takes to measure the product beside it."""
