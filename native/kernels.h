// The kernels, one table for each instruction set. Arguments are checked by the caller (addon.cc), not here.
#pragma once
#include "network.h"

namespace rp {

struct Momentum {
  float* buffer;     // null: none
  float coefficient;
  float complement;  // 1 - coefficient, rounded once: in float32 1 - 0.999 would be off by 1e-5
  bool nesterov;
};

// The outputs whose curvature a step computes: all of them, or a sample, ascending.
struct OutputSample {
  const int* outputs;  // null: all
  int count;
};

// The moving average of h that takes its place in an update.
struct Average {
  float* buffer;     // null: none
  float decay;       // 0 starts the average
  float complement;  // 1 - decay
};

struct AdamConstants {
  float learningRate;
  float beta1, complement1, beta2, complement2;  // complement = 1 - beta, rounded once
  float epsilon;
  float scale1, scale2;  // 1 / (1 - beta^step), the bias correction
};
// step: a whole number from 1 on.
AdamConstants adamConstants(double learningRate, double beta1, double beta2, double epsilon, double step);

struct Kernels {
  const char* name;

  // Fills activations and derivatives for `rows` rows of inputs [rows x n_0].
  void (*forward)(Network&, const float* parameters, const float* inputs, int rows);
  // After forward: the mean squared error over rows x n_layers values; deltas[layers-1] = its derivative.
  double (*loss)(Network&, const float* targets, int rows);
  // After loss: gradient of that mean, laid out like parameters.
  void (*gradient)(Network&, const float* parameters, const float* inputs, int rows, float* gradient);
  // After forward, with its parameters: the rows first..last-1 of the denominators h of eq. (6), exact or estimated from
  // a sample of the outputs. The slice that starts at 0 packs the weights, the one that ends at `rows` writes
  // `curvature`. Overwrites deltas.
  void (*curvature)(Network&, const float* parameters, const float* inputs, int rows, int first, int last, OutputSample,
                    float* curvature);
  // Updates; each returns whether every parameter is finite afterwards.
  bool (*sgd)(Network&, float* parameters, const float* gradient, float learningRate, Momentum);
  bool (*adam)(Network&, float* parameters, const float* gradient, float* firstMoment, float* secondMoment,
               const AdamConstants&);
  bool (*residualPartitioning)(Network&, float* parameters, const float* gradient, const float* curvature,
                               float learningRate, Momentum, Average);
};

extern const Kernels kPortableKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
#endif

// The best table this processor runs, or the named one; null if it has no such table.
const Kernels* selectKernels(const char* name);

// A fixed piece of arithmetic, the same whatever the kernels: `rounds` times 2^21 products and sums. Step times are
// compared between machines and moments as multiples of its time.
double multiplyAdd(int rounds);

}  // namespace rp
