"""Work on what strangers have made, in processes of their own that can be killed: parsing, searching, drawing up."""
