// What the module exports: the calls of addon.cc, whose arguments src/kernels/wasm.ts has checked. Nothing here computes.
#include "../kernels.h"
#include "../power.h"
#include "memory.h"

#define RP_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

using rp::kWasmKernels;
using rp::Network;

int sizes[rp::kMaxLayers + 1];

float single(double value) { return static_cast<float>(value); }
rp::Momentum momentumOf(float* buffer, double coefficient, int nesterov) {
  return {buffer, single(coefficient), single(1 - coefficient), nesterov != 0};
}
rp::Average averageOf(float* buffer, double decay, int safeguard) {
  return {buffer, single(decay), single(1 - decay), safeguard != 0};
}

}  // namespace

// Where the sizes of the next network are written.
RP_EXPORT(sizes) int* layerSizes() { return sizes; }
RP_EXPORT(take) void* take(double bytes) { return rp::take(static_cast<uint64_t>(bytes)); }

RP_EXPORT(createNetwork) Network* createNetwork(int layers, int activation, int objective, int rows, int threads) {
  return rp::createNetwork(sizes, layers, static_cast<rp::Activation>(activation),
                           static_cast<rp::Objective>(objective), rows, threads);
}
// Of a worker: its life, on a stack of its own.
RP_EXPORT(work) void work(Network* net, int thread) { net->pool->work(thread); }
RP_EXPORT(stop) void stop(Network* net) { net->pool->stop(); }

RP_EXPORT(forward) void forward(Network* net, int rows, const float* parameters, const float* inputs) {
  kWasmKernels.forward(*net, parameters, inputs, rows);
}
RP_EXPORT(loss) double loss(Network* net, int rows, const float* targets) {
  return kWasmKernels.loss(*net, targets, rows);
}
RP_EXPORT(gradient)
void gradient(Network* net, int rows, const float* parameters, const float* inputs, float* out) {
  kWasmKernels.gradient(*net, parameters, inputs, rows, out);
}
RP_EXPORT(curvature)
void curvature(Network* net, int rows, int first, int last, const float* parameters, const float* inputs,
               const int* outputs, int count, int diagonal, float* out) {
  kWasmKernels.curvature(*net, parameters, inputs, rows, first, last, {outputs, count},
                         static_cast<rp::Diagonal>(diagonal), out);
}

RP_EXPORT(sgd)
int sgd(Network* net, float* parameters, const float* gradient, double learningRate, float* buffer, double coefficient,
        int nesterov) {
  return kWasmKernels.sgd(*net, parameters, gradient, single(learningRate), momentumOf(buffer, coefficient, nesterov));
}
RP_EXPORT(adam)
int adam(Network* net, float* parameters, const float* gradient, const float* signal, float* first, float* second,
         float* largest, float* velocity, double learningRate, double decay, double beta1, double beta2, double squares, double epsilon,
         double step, double momentum) {
  const rp::AdamConstants constants = {
      single(learningRate),
      single(learningRate * decay),
      single(beta1),
      single(1 - beta1),
      single(beta2),
      single(squares),
      single(epsilon),
      single(step > 0 ? 1 / (1 - rp::power(beta1, step)) : 1),
      single(step > 0 ? 1 / (1 - rp::power(beta2, step)) : 1),
      single(momentum),
  };
  return kWasmKernels.adam(*net, parameters, gradient, {signal, first, second, largest, velocity}, constants);
}
RP_EXPORT(sophia)
int sophia(Network* net, float* parameters, const float* gradient, const float* curvature, float* firstMoment,
           float* average, double learningRate, double decay, double beta1, double beta2, double gamma,
           double epsilon) {
  const rp::SophiaConstants constants = {
      single(learningRate), single(learningRate * decay), single(beta1), single(1 - beta1),
      single(beta2),        single(1 - beta2),            single(gamma), single(epsilon),
  };
  return kWasmKernels.sophia(*net, parameters, gradient, curvature, firstMoment, average, constants);
}
RP_EXPORT(residualPartitioning)
int residualPartitioning(Network* net, float* parameters, const float* gradient, const float* curvature,
                         double learningRate, float* buffer, double coefficient, int nesterov, float* average,
                         double decay, int safeguard, double exponent) {
  return kWasmKernels.residualPartitioning(*net, parameters, gradient, curvature, single(learningRate),
                                           momentumOf(buffer, coefficient, nesterov),
                                           averageOf(average, decay, safeguard), single(exponent));
}
RP_EXPORT(direction)
void direction(Network* net, const float* gradient, const float* curvature, float* average, double decay, int safeguard,
               double exponent, float* out) {
  kWasmKernels.direction(*net, gradient, curvature, averageOf(average, decay, safeguard), single(exponent), out);
}

RP_EXPORT(jacobianProduct)
void jacobianProduct(Network* net, int rows, const float* inputs, const float* along, float* out) {
  kWasmKernels.jacobianProduct(*net, inputs, rows, along, out);
}
RP_EXPORT(quadraticModel)
void quadraticModel(Network* net, int rows, const float* targets, const float* first, const float* second,
                    double* sums) {
  kWasmKernels.quadraticModel(*net, targets, rows, first, second, sums);
}
RP_EXPORT(moveAlong)
int moveAlong(Network* net, float* parameters, const float* along, float* previous, double alpha, double mu) {
  return kWasmKernels.moveAlong(*net, parameters, along, previous, single(alpha), single(mu));
}
