"""What an agent is: settings, tools, prompt, summary, prices. It changes no turn; imports the log and what is below."""
