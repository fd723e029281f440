// A program that checks the kernels against naive double-precision loops, without Node: for processors that are only
// emulated (NEON under qemu), for valgrind and ThreadSanitizer. Built and run by scripts/check-kernels.js.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "kernels.h"

namespace {

using Values = std::vector<double>;

double random01(unsigned& state) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) / static_cast<double>(1 << 24);
}

struct Case {
  std::vector<int> sizes;
  rp::Activation activation;
  int rows;
  std::vector<float> parameters, inputs;
};

struct Result {
  double loss;
  Values gradient, curvature;
};

double activate(rp::Activation f, double z) {
  switch (f) {
    case rp::Activation::kTanh: return std::tanh(z);
    case rp::Activation::kRelu: return z > 0 ? z : 0;
    case rp::Activation::kSigmoid: return 1 / (1 + std::exp(-z));
  }
  return 0;
}
double slope(rp::Activation f, double a) {
  switch (f) {
    case rp::Activation::kTanh: return 1 - a * a;
    case rp::Activation::kRelu: return a > 0 ? 1 : 0;
    case rp::Activation::kSigmoid: return a * (1 - a);
  }
  return 0;
}

// One sample and one output at a time, by the definition of eq. (6).
Result naive(const Case& c) {
  const int L = static_cast<int>(c.sizes.size()) - 1, K = c.sizes[L];
  Result result{0, Values(c.parameters.size()), Values(c.parameters.size())};
  const double S = static_cast<double>(c.rows) * K;
  for (int s = 0; s < c.rows; s++) {
    std::vector<Values> a(L + 1);
    a[0].assign(c.inputs.begin() + static_cast<size_t>(s) * c.sizes[0], c.inputs.begin() + static_cast<size_t>(s + 1) * c.sizes[0]);
    std::vector<size_t> offset(L + 1, 0);
    for (int l = 0; l < L; l++) {
      const int in = c.sizes[l], out = c.sizes[l + 1];
      offset[l + 1] = offset[l] + static_cast<size_t>(in + 1) * out;
      for (int o = 0; o < out; o++) {
        double z = c.parameters[offset[l] + static_cast<size_t>(in) * out + o];
        for (int i = 0; i < in; i++) z += c.parameters[offset[l] + static_cast<size_t>(o) * in + i] * a[l][i];
        a[l + 1].push_back(l == L - 1 ? z : activate(c.activation, z));
      }
    }
    for (int k = 0; k < K; k++) {
      Values J(c.parameters.size()), delta(K);
      delta[k] = 1;
      for (int l = L - 1; l >= 0; l--) {
        const int in = c.sizes[l], out = c.sizes[l + 1];
        Values below(in);
        for (int o = 0; o < out; o++) {
          for (int i = 0; i < in; i++) {
            J[offset[l] + static_cast<size_t>(o) * in + i] = delta[o] * a[l][i];
            below[i] += delta[o] * c.parameters[offset[l] + static_cast<size_t>(o) * in + i];
          }
          J[offset[l] + static_cast<size_t>(in) * out + o] = delta[o];
        }
        for (int i = 0; l > 0 && i < in; i++) below[i] *= slope(c.activation, a[l][i]);
        delta = below;
      }
      double R = 0;
      for (double j : J) R += std::fabs(j);
      const double error = a[L][k] - a[0][k];
      result.loss += error * error / S;
      for (size_t i = 0; i < J.size(); i++) {
        result.gradient[i] += 2 * error * J[i] / S;
        result.curvature[i] += 2 * std::fabs(J[i]) * R / S;
      }
    }
  }
  return result;
}

Result kernels(const rp::Kernels& table, const Case& c, int threads, bool sampleAll) {
  const int L = static_cast<int>(c.sizes.size()) - 1;
  rp::Network* net = rp::createNetwork(c.sizes.data(), L, c.activation, rp::Objective::kSquaredError, c.rows, threads);
  std::vector<float> gradient(c.parameters.size()), curvature(c.parameters.size());
  std::vector<int> all(c.sizes[L]);
  for (size_t k = 0; k < all.size(); k++) all[k] = static_cast<int>(k);
  table.forward(*net, c.parameters.data(), c.inputs.data(), c.rows);
  const double loss = table.loss(*net, c.inputs.data(), c.rows);
  table.gradient(*net, c.parameters.data(), c.inputs.data(), c.rows, gradient.data());
  const rp::OutputSample sample = {sampleAll ? all.data() : nullptr, c.sizes[L]};
  const int half = (c.rows + 1) / 2;
  table.curvature(*net, c.parameters.data(), c.inputs.data(), c.rows, 0, half, sample, rp::Diagonal::kResidualPartitioning, curvature.data());
  if (half < c.rows)
    table.curvature(*net, c.parameters.data(), c.inputs.data(), c.rows, half, c.rows, sample, rp::Diagonal::kResidualPartitioning,
                    curvature.data());
  rp::destroyNetwork(net);
  return {loss, Values(gradient.begin(), gradient.end()), Values(curvature.begin(), curvature.end())};
}

// The largest difference over the largest value.
double difference(const Values& a, const Values& b) {
  double most = 0, scale = 0;
  for (size_t i = 0; i < a.size(); i++) {
    most = std::max(most, std::isnan(a[i]) ? 1e30 : std::fabs(a[i] - b[i]));
    scale = std::max(scale, std::fabs(b[i]));
  }
  return most / scale;
}

}  // namespace

int main(int argc, char** argv) {
  const rp::Kernels* table = rp::selectKernels(argc > 1 ? argv[1] : nullptr);
  if (!table) return std::fprintf(stderr, "this processor has no %s kernels\n", argv[1]), 2;
  const std::vector<std::vector<int>> shapes = {{19, 19}, {3, 1, 3}, {33, 17, 9, 33}, {65, 50, 43, 30, 65}};
  int failed = 0, passed = 0;
  unsigned state = 1;
  for (const auto& sizes : shapes)
    for (int f = 0; f < 3; f++)
      for (int rows : {1, 7}) {
        Case c{sizes, static_cast<rp::Activation>(f), rows, {}, {}};
        for (size_t l = 0; l + 1 < sizes.size(); l++)
          for (int i = 0; i < (sizes[l] + 1) * sizes[l + 1]; i++)
            c.parameters.push_back(static_cast<float>(0.6 * random01(state) - 0.3));
        for (int i = 0; i < rows * sizes[0]; i++) c.inputs.push_back(static_cast<float>(random01(state)));
        const Result expected = naive(c), one = kernels(*table, c, 1, false);
        // float32 sums of at most some hundred products, through at most 4 layers: some 1e-6; a fault is above 1e-2.
        bool ok = std::fabs(one.loss / expected.loss - 1) < 2e-5 && difference(one.gradient, expected.gradient) < 2e-5 &&
                  difference(one.curvature, expected.curvature) < 2e-5;
        for (int threads = 1; threads <= 3; threads++) {
          const Result same = kernels(*table, c, threads, true);
          ok = ok && same.loss == one.loss && same.gradient == one.gradient && same.curvature == one.curvature;
        }
        if (!ok) std::printf("FAILED: %zu layers, activation %d, %d rows\n", sizes.size() - 1, f, rows);
        (ok ? passed : failed)++;
      }
  std::printf("%s kernels: %d passed, %d failed\n", table->name, passed, failed);
  return failed > 0;
}
