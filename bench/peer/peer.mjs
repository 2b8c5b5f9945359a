// Tokens per second of llama.cpp by node-llama-cpp: MODEL PROMPT GENERATE DEPTH THREADS.
// Prints "pp RATE" and "tg RATE", each measured after a warm-up.
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const [file, prompt, generate, depth, threads] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: Number(threads)});
const model = await llama.loadModel({modelPath: file});
const size = Number(prompt) + Number(generate) + Number(depth) + 64;
const context = await model.createContext({contextSize: size, batchSize: 512, threads: Number(threads)});
const sequence = context.getSequence();
const tokens = count => Array.from({length: count}, (_, i) => 300 + (i * 7919) % 20000);

async function measure(count, oneByOne) {
    await sequence.clearHistory();
    if (Number(depth) > 0) await sequence.controlledEvaluate(tokens(Number(depth)));
    const start = performance.now();
    if (oneByOne) for (const token of tokens(count)) await sequence.controlledEvaluate([[token, {generateNext: {token: true}}]]);
    else await sequence.controlledEvaluate(tokens(count));
    return count * 1000 / (performance.now() - start);
}

for (const [name, count, oneByOne] of [["pp", Number(prompt), false], ["tg", Number(generate), true]]) {
    if (count > 0) {
        await measure(count, oneByOne);
        console.log(name, await measure(count, oneByOne));
    }
}
process.exit(0);
