/** The front end of ONNX files. */
export { readOnnx as read } from './read.js';
export { writeOnnx as write } from './write.js';
