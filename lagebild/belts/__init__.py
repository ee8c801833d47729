"""Three straight lines: collect, enrich, publish. The archive is the only stop between them."""
