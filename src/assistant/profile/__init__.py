"""What the service may do with personal data: purposes, disclosures, consent, grants."""
