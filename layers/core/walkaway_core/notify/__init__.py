"""Who is told what happens, and the attempts to tell them. Imports the log and what is below."""
