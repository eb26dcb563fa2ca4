"""gRPC's C core: makes as many calls as each line of standard input says, and prints the answers."""
import sys

import grpc

get = grpc.insecure_channel(sys.argv[1]).unary_unary("/test.Echo/Get")
for line in sys.stdin:
    answers = []
    for _ in range(int(line)):
        try:
            answers.append(get(b"", timeout=20).decode())
        except grpc.RpcError as error:
            answers.append("!" + error.code().name)
    print(",".join(answers), flush=True)
