"""What a deployed stack costs: operations are counted on an emulated account, and priced by a dated list."""
