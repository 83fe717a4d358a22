"""The package behind *Unrolled*: one module per page, on a ground floor that several pages share."""
