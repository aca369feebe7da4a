"""Navigation families: which links of a page a spider follows, and in which order."""
