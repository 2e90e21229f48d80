/**
 * Python that reads what the function has answered. A function's error is not a step's failure: Systems Manager documents
 * it as an output that may be missing, so what counts is the payload, which for an error has Lambda's `errorMessage`.
 * `error` is the answer of a provisioner that does not know the event.
 */
export const answerScript = (names: readonly string[]): string => `import json


def answer(events, context):
    reply = events["reply"]
    if isinstance(reply, str):
        reply = json.loads(reply)
    if not isinstance(reply, dict):
        raise Exception("The function has given no answer.")
    if "errorMessage" in reply:
        raise Exception(reply["errorMessage"])
    if "error" in reply:
        raise Exception("{code}: {message}".format(**reply["error"]))
    return {name: reply.get(name) or "" for name in ${JSON.stringify(names)}}
`;
