"""Whether the pods of one program find each other: they add up a tensor."""
