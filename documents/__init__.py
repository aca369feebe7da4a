"""What was read and what was judged: the owner of documents, assessments and findings."""
