"""LangChain's model over the Responses API: invoked, streamed, with asyncio, in a batch, and in a chain."""

# These words are drawn: ferry
import asyncio

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4.1", use_responses_api=True)
QUESTION = "Say hello to the ferry."

answer = model.invoke(QUESTION)
print("invoked:", answer.text)
print("told:", answer.usage_metadata["total_tokens"] > 0, answer.response_metadata["status"], answer.id.split("_")[0])

chunks = list(model.stream(QUESTION))
whole = chunks[0]
for chunk in chunks[1:]:
    whole += chunk
print("streamed:", len(chunks) > 2, whole.text == answer.text)

history = [("system", "Answer shortly."), ("human", QUESTION), answer, ("human", "Say it to the ferry again.")]
print("history:", model.invoke(history).text)
print("batch:", len(model.batch([QUESTION, "Say hello."])))

chain = ChatPromptTemplate.from_messages([("human", "Say hello to the {what}.")]) | model | StrOutputParser()
print("chain:", asyncio.run(chain.ainvoke({"what": "ferry"})) == answer.text)
