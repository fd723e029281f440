/** The sample of MNIST that comes with the page: an IDX file, packed. */
export const SAMPLE_FILE = "mnist-sample.idx3-ubyte.gz";
export const SAMPLE_TRAIN = 3000;
export const SAMPLE_TEST = 500;
