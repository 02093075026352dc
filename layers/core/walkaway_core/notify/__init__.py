"""Who is told what happens, and the attempts to tell them. Imports the store and what is below."""
