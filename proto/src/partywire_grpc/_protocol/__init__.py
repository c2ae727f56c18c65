"""The .proto files, and the code that `make generated` makes of them."""
