"""``partywire doctor``: what is wrong between this node and its peers, and who has to do what."""
