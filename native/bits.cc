// A program that trains small networks and prints a hash of every loss and of the last parameters, for each shape,
// activation and optimizer: what tests/fixtures/bits/ holds, and every instruction set with a fused multiply-add must
// print. Built and run by scripts/check-kernels.js; tests/support/bits.ts is the same in TypeScript, over the add-on.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "kernels.h"

namespace {

using Floats = std::vector<float>;

enum class Rule { kSgd, kAdam, kRp };

struct Optimizer {
  const char* label;
  Rule rule;
  double learningRate;
  bool sampled = false;
  double decay = 0, momentum = 0;
  bool nesterov = false;
};

struct Shape {
  std::vector<int> sizes;
  int rows, steps;
};

const char* const kActivations[] = {"tanh", "relu", "sigmoid"};

const Optimizer kOptimizers[] = {
    {"sgd", Rule::kSgd, 0.1},
    {"sgd momentum", Rule::kSgd, 0.02, false, 0, 0.9},
    {"sgd nesterov", Rule::kSgd, 0.02, false, 0, 0.9, true},
    {"adam", Rule::kAdam, 0.01},
    {"rp", Rule::kRp, 2},
    {"rp sampled", Rule::kRp, 2, true},
    {"rp averaged", Rule::kRp, 2, true, 0.9},
    {"rp momentum", Rule::kRp, 2, false, 0, 0.9},
    {"rp averaged nesterov", Rule::kRp, 2, true, 0.9, 0.9, true},
};

// One unit; no hidden layer; one more than a panel or two; more outputs than curvature-sample.h calls few; the
// benchmark's. No count of rows is a multiple of a number of lanes, nor of units but in the benchmark's.
const Shape kShapes[] = {
    {{7, 1, 7}, 5, 50},
    {{19, 19}, 1, 50},
    {{65, 50, 43, 30, 65}, 9, 50},
    {{33, 65, 9, 33}, 23, 50},
    {{203, 37, 21, 65, 203}, 3, 50},
    {{784, 256, 64, 256, 784}, 6, 3},
};

class Random {
 public:
  explicit Random(unsigned seed) : state_(seed) {}
  double next() {  // in 0..1, of 24 bits, so that it is a float, too
    state_ = state_ * 1664525u + 1013904223u;
    return (state_ >> 8) / 16777216.0;
  }

 private:
  unsigned state_;
};

// FNV-1a over bytes.
class Hash {
 public:
  void add(const void* data, size_t bytes) {
    const unsigned char* p = static_cast<const unsigned char*>(data);
    for (size_t i = 0; i < bytes; i++) value_ = (value_ ^ p[i]) * 16777619u;
  }
  unsigned value() const { return value_; }

 private:
  unsigned value_ = 2166136261u;
};

Floats initialParameters(const std::vector<int>& sizes) {
  Random random(1);
  Floats parameters;
  for (size_t l = 0; l + 1 < sizes.size(); l++) {
    const double limit = std::sqrt(6.0 / (sizes[l] + sizes[l + 1]));
    for (int i = 0; i < (sizes[l] + 1) * sizes[l + 1]; i++)
      parameters.push_back(static_cast<float>(limit * (2 * random.next() - 1)));
  }
  return parameters;
}

// Every third output, beginning at another one each step.
std::vector<int> sampleOf(int outputs, int step) {
  std::vector<int> sample;
  for (int k = step % 3; k < outputs; k += 3) sample.push_back(k);
  return sample;
}

void train(const rp::Kernels& table, const Shape& shape, int activation, const Optimizer& optimizer) {
  constexpr int kBatches = 4;
  const int layers = static_cast<int>(shape.sizes.size()) - 1, inputs = shape.sizes[0], rows = shape.rows;
  rp::Network* net =
      rp::createNetwork(shape.sizes.data(), layers, static_cast<rp::Activation>(activation), rows, 2);
  Random random(2);
  Floats batches(static_cast<size_t>(kBatches) * rows * inputs);
  for (float& value : batches) value = static_cast<float>(random.next());
  Floats parameters = initialParameters(shape.sizes);
  const size_t count = parameters.size();
  Floats gradient(count), curvature(count), buffer(count), average(count), firstMoment(count), secondMoment(count);
  const rp::Momentum momentum = {optimizer.momentum > 0 ? buffer.data() : nullptr, static_cast<float>(optimizer.momentum),
                                 static_cast<float>(1 - optimizer.momentum), optimizer.nesterov};
  const float rate = static_cast<float>(optimizer.learningRate);
  Hash losses;
  for (int step = 0; step < shape.steps; step++) {
    const float* batch = batches.data() + static_cast<size_t>(step % kBatches) * rows * inputs;
    table.forward(*net, parameters.data(), batch, rows);
    const double loss = table.loss(*net, batch, rows);
    losses.add(&loss, sizeof loss);
    table.gradient(*net, parameters.data(), batch, rows, gradient.data());
    if (optimizer.rule == Rule::kSgd) {
      table.sgd(*net, parameters.data(), gradient.data(), rate, momentum);
    } else if (optimizer.rule == Rule::kAdam) {
      const rp::AdamConstants constants = rp::adamConstants(optimizer.learningRate, 0.9, 0.999, 1e-8, step + 1);
      table.adam(*net, parameters.data(), gradient.data(), firstMoment.data(), secondMoment.data(), constants);
    } else {
      const std::vector<int> picked = sampleOf(inputs, step);
      const rp::OutputSample all = {nullptr, inputs}, sample = {picked.data(), static_cast<int>(picked.size())};
      table.curvature(*net, parameters.data(), batch, rows, 0, rows, optimizer.sampled ? sample : all, curvature.data());
      const double decay = step == 0 ? 0 : optimizer.decay;
      const rp::Average mean = {optimizer.decay > 0 ? average.data() : nullptr, static_cast<float>(decay),
                                static_cast<float>(1 - decay)};
      table.residualPartitioning(*net, parameters.data(), gradient.data(), curvature.data(), rate, momentum, mean);
    }
  }
  rp::destroyNetwork(net);
  Hash last;
  last.add(parameters.data(), count * sizeof(float));
  std::string name;
  for (int size : shape.sizes) name += (name.empty() ? "" : "-") + std::to_string(size);
  std::printf("%s, %s, %s: losses %08x, parameters %08x\n", name.c_str(), kActivations[activation], optimizer.label,
              losses.value(), last.value());
}

}  // namespace

int main(int argc, char** argv) {
  const rp::Kernels* table = rp::selectKernels(argc > 1 ? argv[1] : nullptr);
  if (!table) return std::fprintf(stderr, "this processor has no %s kernels\n", argv[1]), 2;
  for (const Shape& shape : kShapes)
    for (int activation = 0; activation < 3; activation++)
      for (const Optimizer& optimizer : kOptimizers) train(*table, shape, activation, optimizer);
}
