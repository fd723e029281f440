// A dense network's shape and the buffers its kernels work in, allocated once.
//
// Letters, kept throughout native/: l = 0..layers-1 a weight layer, n_l = sizes[l] its inputs, n_{l+1} its outputs,
// s (or b in the documents) a sample, k an output of the network, S = rows x n_layers.
//   z_l = W_l a_l + b_l,  a_{l+1} = f(z_l),  a_0 = the input,  output y = z_{layers-1} (linear).
// All matrices are row-major. Parameters, gradient and curvature are flat: layer by layer the weights
// [n_{l+1} x n_l], then the biases [n_{l+1}].
#pragma once
#include <cstddef>

#if defined(__wasm__)
#include "wasm/pool.h"
#else
#include "pool.h"
#endif

namespace rp {

enum class Activation { kTanh, kRelu, kSigmoid };
// With the L'' that the curvature takes; the last three are the cross-entropy.
enum class Objective { kSquaredError, kJaakkolaJordan, kExactSlope, kBoehning };

// The most weight layers; the widest panel any instruction set uses, in floats; the most rows of a micro-tile.
constexpr int kMaxLayers = 64;
constexpr int kMaxPanel = 32;
constexpr int kMaxTileRows = 8;
// A sum over the outputs is 16 sums side by side, output k in the (k mod 16)th, whatever an instruction set's lanes.
constexpr int kSumLanes = 16;
// The sums of a quadratic model; parameters that are summed as one.
constexpr int kModelSums = 5;
constexpr size_t kBlock = 4096;

inline int roundUp(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

// Plain pointers only: the SIMD translation units must not instantiate library templates, which the linker could
// then share with code that runs on processors without those instructions.
struct Network {
  int layers;
  const int* sizes;             // [layers + 1]
  const size_t* weightOffset;   // [layers + 1], into the flat parameters; the last is their count
  Activation activation;
  Objective objective;
  int capacity;                 // most rows of a batch
  Pool* pool;
  size_t bytes;                 // of all buffers

  float* const* activations;    // [layers]: a_{l+1} [capacity x n_{l+1}]; the last is y
  float* const* derivatives;    // [layers - 1]: f'(z_l) [capacity x n_{l+1}]
  float* const* deltas;         // [layers]: dLoss/dz_l, or v_l of the curvature, [capacity x n_{l+1}]
  double* rowSums;              // [capacity x kModelSums]
  double* blockSums;            // [parameters / kBlock]
  float* const* outputSlopes;   // [threads]: L' of one sample's outputs
  float* const* outputCurvatures;  // [threads]: their L''
  float* const* panel;          // [threads]: one packed panel, max(sizes, capacity) x kMaxPanel

  float* const* forwardPanels;  // [layers]: W_l of all layers but the first, as [output / panel][j][panel]
  float* const* backwardPanels; // [layers]: W_l of the hidden layers but the first, as [input / panel][o][panel]

  // Curvature.
  float* inputNorms;            // [threads x layers]: |a_l|_1 + 1 of one sample
  float* sampledPanels;         // the same of the sampled outputs alone
  float* sampledResiduals;      // v_{layers-1} of the sampled outputs [capacity x their count], times K / m
  float* topNorms;              // |delta_{layers-2}|_1 as [k / panel][s][panel]
  float* const* packedWeights;  // [layers]: W_{l+1}, kTileRows units wide: [i / kTileRows][j][kTileRows]
  float* const* scaled;         // [threads * layers]: packedWeights times f' of one sample
  float* const* rows;           // [threads * layers]: delta_l of one panel, [unit][panel]
  float* const* sums;           // [threads * layers]: running column sums, [unit][kSumLanes]
  int* const* active;           // [threads * layers]: units with f' != 0
  int* activeCount;             // [threads * layers]

  const float* weights(const float* parameters, int l) const { return parameters + weightOffset[l]; }
  float* weights(float* parameters, int l) const { return parameters + weightOffset[l]; }
  size_t weightCount(int l) const { return static_cast<size_t>(sizes[l]) * sizes[l + 1]; }
  const float* inputsOf(const float* inputs, int l) const { return l == 0 ? inputs : activations[l - 1]; }
  size_t parameterCount() const { return weightOffset[layers]; }
};

// Throws std::bad_alloc or std::system_error.
Network* createNetwork(const int* sizes, int layers, Activation activation, Objective objective, int capacity,
                       int threads);
void destroyNetwork(Network* network);

}  // namespace rp
