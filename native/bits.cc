// A program that trains small networks and prints a hash of every loss and of the last parameters, for each shape,
// activation and optimizer: what tests/fixtures/bits/ holds, and every instruction set with a fused multiply-add must
// print. Built and run by scripts/check-kernels.js; tests/support/bits.ts is the same in TypeScript, over the add-on.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "kernels.h"
#include "power.h"

namespace {

using Floats = std::vector<float>;

enum class Rule { kSgd, kAdam, kRp, kRpAuto };

struct Optimizer {
  const char* label;
  Rule rule;
  double learningRate;
  bool sampled = false;
  double decay = 0, momentum = 0;
  bool nesterov = false;
  bool safeguard = false;
  double exponent = 1;
  rp::Objective objective = rp::Objective::kSquaredError;
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
    {"rp safeguard exponent", Rule::kRp, 2, true, 0.9, 0.9, false, true, 0.6},
    {"rp auto", Rule::kRpAuto, 0, true, 0.9},
    {"adam cross-entropy", Rule::kAdam, 0.01, false, 0, 0, false, false, 1, rp::Objective::kJaakkolaJordan},
    {"rp jaakkola-jordan", Rule::kRp, 2, false, 0, 0, false, false, 1, rp::Objective::kJaakkolaJordan},
    {"rp exact", Rule::kRp, 0.2, true, 0, 0, false, false, 1, rp::Objective::kExactSlope},
    {"rp boehning", Rule::kRp, 2, true, 0, 0, false, false, 1, rp::Objective::kBoehning},
    {"rp auto jaakkola-jordan", Rule::kRpAuto, 0, true, 0, 0, false, false, 0.6, rp::Objective::kJaakkolaJordan},
};

// One unit; no hidden layer; one more than a panel or two; more outputs than curvature-sample.h calls few; the
// benchmark's. No count of rows is a multiple of a number of lanes, nor of units but in the benchmark's.
const Shape kShapes[] = {
    {{7, 1, 7}, 5, 50},
    {{19, 19}, 1, 50},
    {{65, 50, 43, 30, 65}, 9, 50},
    {{33, 65, 9, 33}, 23, 50},
    {{203, 37, 21, 65, 203}, 3, 50},
    {{784, 256, 64, 256, 784}, 5, 2},
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

rp::AdamConstants adamConstants(double learningRate, int step) {
  const double beta1 = 0.9, beta2 = 0.999;
  const auto single = [](double value) { return static_cast<float>(value); };
  return {single(learningRate), 0, single(beta1), single(1 - beta1), single(beta2), single(1 - beta2), 1e-8f,
          single(1 / (1 - rp::power(beta1, step))), single(1 / (1 - rp::power(beta2, step))), 0};
}

// The batch's rates of src/optimizers/rp-auto.ts.
void chooseRates(const double* sums, float& learningRate, float& momentum) {
  const double A = sums[0], B = sums[1], C = sums[2], D = sums[3], E = sums[4], determinant = A * C - B * B;
  const bool one = C == 0 || determinant <= 1e-9 * A * C;
  learningRate = static_cast<float>(!one ? (C * D - B * E) / determinant : A == 0 ? 0 : D / A);
  momentum = static_cast<float>(one ? 0 : (B * D - A * E) / determinant);
}

// One training: a network, its batches, and the state of its optimizer.
class Training {
 public:
  Training(const rp::Kernels& kernels, const Shape& shape, int activation, const Optimizer& optimizer)
      : table(kernels),
        optimizer(optimizer),
        rows(shape.rows),
        inputs(shape.sizes[0]),
        net(rp::createNetwork(shape.sizes.data(), static_cast<int>(shape.sizes.size()) - 1,
                              static_cast<rp::Activation>(activation), optimizer.objective, rows, 1)),
        batches(static_cast<size_t>(kBatches) * rows * inputs),
        w(initialParameters(shape.sizes)) {
    Random random(2);
    for (float& value : batches) value = static_cast<float>(random.next());
    for (Floats* state : {&g, &h, &buffer, &average, &second, &direction}) state->resize(w.size());
    for (Floats* change : {&alongDirection, &alongBuffer}) change->resize(static_cast<size_t>(rows) * inputs);
  }
  ~Training() { rp::destroyNetwork(net); }

  // Returns the loss before it.
  double step(int number) {
    const float* batch = batches.data() + static_cast<size_t>(number % kBatches) * rows * inputs;
    table.forward(*net, w.data(), batch, rows);
    const double loss = table.loss(*net, batch, rows);
    table.gradient(*net, w.data(), batch, rows, g.data());
    if (optimizer.rule == Rule::kSgd) {
      table.sgd(*net, w.data(), g.data(), static_cast<float>(optimizer.learningRate), momentum());
    } else if (optimizer.rule == Rule::kAdam) {
      table.adam(*net, w.data(), g.data(), {nullptr, buffer.data(), second.data(), nullptr, nullptr},
                 adamConstants(optimizer.learningRate, number + 1));
    } else {
      const std::vector<int> picked = sampleOf(inputs, number);
      const rp::OutputSample all = {nullptr, inputs}, sample = {picked.data(), static_cast<int>(picked.size())};
      table.curvature(*net, w.data(), batch, rows, 0, rows, optimizer.sampled ? sample : all,
                      rp::Diagonal::kResidualPartitioning, h.data());
      const double decay = number == 0 ? 0 : optimizer.decay;
      const rp::Average mean = {optimizer.decay > 0 ? average.data() : nullptr, static_cast<float>(decay),
                                static_cast<float>(1 - decay), optimizer.safeguard};
      const float exponent = static_cast<float>(optimizer.exponent);
      if (optimizer.rule == Rule::kRp)
        table.residualPartitioning(*net, w.data(), g.data(), h.data(), static_cast<float>(optimizer.learningRate),
                                   momentum(), mean, exponent);
      else
        moveByModel(batch, number, mean, exponent);
    }
    return loss;
  }
  const Floats& parameters() const { return w; }

 private:
  rp::Momentum momentum() {
    return {optimizer.momentum > 0 ? buffer.data() : nullptr, static_cast<float>(optimizer.momentum),
            static_cast<float>(1 - optimizer.momentum), optimizer.nesterov};
  }
  void moveByModel(const float* batch, int number, rp::Average mean, float exponent) {
    table.direction(*net, g.data(), h.data(), mean, exponent, direction.data());
    table.jacobianProduct(*net, batch, rows, direction.data(), alongDirection.data());
    if (number > 0) table.jacobianProduct(*net, batch, rows, buffer.data(), alongBuffer.data());
    double sums[rp::kModelSums];
    table.quadraticModel(*net, batch, rows, alongDirection.data(), number > 0 ? alongBuffer.data() : nullptr, sums);
    float learningRate = 0, factor = 0;
    chooseRates(sums, learningRate, factor);
    table.moveAlong(*net, w.data(), direction.data(), buffer.data(), learningRate, factor);
  }

  static constexpr int kBatches = 4;
  const rp::Kernels& table;
  const Optimizer& optimizer;
  const int rows, inputs;
  rp::Network* const net;
  Floats batches, w, g, h;
  Floats buffer;  // of momentum, the first moment or the last update
  Floats average, second, direction, alongDirection, alongBuffer;
};

void train(const rp::Kernels& table, const Shape& shape, int activation, const Optimizer& optimizer) {
  Training training(table, shape, activation, optimizer);
  Hash losses, last;
  for (int step = 0; step < shape.steps; step++) {
    const double loss = training.step(step);
    losses.add(&loss, sizeof loss);
  }
  last.add(training.parameters().data(), training.parameters().size() * sizeof(float));
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
