"""HTTP beside the pages: geometry, health, headers and limits."""
