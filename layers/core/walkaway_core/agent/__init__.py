"""What an agent is: settings, tools, prompt, summary, prices. It knows no turn; imports the log and what is below."""
