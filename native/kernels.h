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

// Which diagonal bound or part of the Gauss-Newton matrix: h of eq. (6), or its own diagonal, (1/S) sum_s L'' J_si^2.
enum class Diagonal { kResidualPartitioning, kGaussNewton };

// The moving average of h that takes its place in an update.
struct Average {
  float* buffer;     // null: none
  float decay;       // 0 starts the average
  float complement;  // 1 - decay
  bool safeguard;    // the larger of h and its average instead
};

// What the update of adam.ts and its relatives keeps beside the parameters; null: it has none of it.
struct Moments {
  const float* signal;  // whose squares the second moment averages; null: the gradient
  float* first;         // null: the gradient takes its place
  float* second;
  float* largest;       // the largest second moment so far, which takes its place
  float* velocity;      // momentum of the direction; only without first and largest
};

struct AdamConstants {
  float learningRate;
  float decay;  // of the parameters themselves, times the learning rate
  float beta1, complement1, beta2, complement2;  // complement = 1 - beta, rounded once
  float epsilon;
  float scale1, scale2;  // 1 / (1 - beta^step), the bias correction
  float momentum;        // the weight of the past in the velocity
};

struct SophiaConstants {
  float learningRate, decay;
  float beta1, complement1, beta2, complement2;
  float gamma, epsilon;
};

struct Kernels {
  const char* name;

  // Fills activations and derivatives for `rows` rows of inputs [rows x n_0].
  void (*forward)(Network&, const float* parameters, const float* inputs, int rows);
  // After forward: the mean of the objective over rows x n_layers values; deltas[layers-1] = its derivative.
  double (*loss)(Network&, const float* targets, int rows);
  // After loss: gradient of that mean, laid out like parameters.
  void (*gradient)(Network&, const float* parameters, const float* inputs, int rows, float* gradient);
  // After forward, with its parameters: the rows first..last-1 of that diagonal, exact or estimated from a sample of the
  // outputs. The slice that starts at 0 packs the weights, the one that ends at `rows` writes
  // `curvature`. Overwrites deltas.
  void (*curvature)(Network&, const float* parameters, const float* inputs, int rows, int first, int last, OutputSample,
                    Diagonal, float* curvature);
  // Updates; each returns whether every parameter is finite afterwards.
  bool (*sgd)(Network&, float* parameters, const float* gradient, float learningRate, Momentum);
  bool (*adam)(Network&, float* parameters, const float* gradient, Moments, const AdamConstants&);
  // curvature may be null: then the average of it stays as it is.
  bool (*sophia)(Network&, float* parameters, const float* gradient, const float* curvature, float* firstMoment,
                 float* average, const SophiaConstants&);
  bool (*residualPartitioning)(Network&, float* parameters, const float* gradient, const float* curvature,
                               float learningRate, Momentum, Average, float exponent);
  // The direction of that update alone.
  void (*direction)(Network&, const float* gradient, const float* curvature, Average, float exponent, float* direction);
  // After forward, with its parameters: J v [rows x n_layers] for a direction v of the parameters. Overwrites deltas.
  void (*jacobianProduct)(Network&, const float* inputs, int rows, const float* direction, float* out);
  // After forward: (1/S) times the sums over s of L'' u^2, L'' u v, L'' v^2, L' u and L' v; second may be null.
  void (*quadraticModel)(Network&, const float* targets, int rows, const float* first, const float* second,
                         double* sums);
  // parameters += previous = -alpha direction + mu previous
  bool (*moveAlong)(Network&, float* parameters, const float* direction, float* previous, float alpha, float mu);
};

#if defined(__wasm__)
extern const Kernels kWasmKernels;
#else
extern const Kernels kPortableKernels;
#endif
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
