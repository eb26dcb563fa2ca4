// grpc-js: makes as many calls as each line of standard input says, and prints the answers.
const grpc = require('@grpc/grpc-js');
require('@grpc/grpc-js-xds').register();

const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());
const bytes = (value) => value;

function call() {
  return new Promise((resolve) => {
    const deadline = new Date(Date.now() + 20_000);
    client.makeUnaryRequest('/test.Echo/Get', bytes, bytes, Buffer.alloc(0), {deadline},
        (error, answer) => resolve(error ? '!' + grpc.status[error.code] : answer.toString()));
  });
}

async function main() {
  for await (const line of require('readline').createInterface({input: process.stdin})) {
    const answers = [];
    for (let i = Number(line); i > 0; i--) {
      answers.push(await call());
    }
    console.log(answers.join(','));
  }
  process.exit(0);
}

main();
