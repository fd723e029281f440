// The Node-API shell: checks every argument, then calls a kernel. Nothing here computes.
#include <node_api.h>

#include <cmath>
#include <exception>
#include <new>

#include "arguments.h"
#include "power.h"

namespace {

using rp::Arguments;
using rp::Kernels;
using rp::Network;
using rp::Session;
using rp::throwError;

constexpr int kMostUnits = 1 << 20, kMostRows = 1 << 20, kMostThreads = 256;
constexpr size_t kMostParameters = size_t{1} << 30;
constexpr double kLargest = 3.4028234663852886e38;

napi_value createNetwork(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 6);
  int sizes[rp::kMaxLayers + 1];
  const size_t count = arguments.integers("layer sizes", sizes, 2, rp::kMaxLayers + 1, 1, kMostUnits);
  const int activation = arguments.integer("activation", 0, 2);
  const int objective = arguments.integer("objective", 0, 3);
  const int capacity = arguments.integer("rows", 1, kMostRows);
  const int threads = arguments.integer("threads", 1, kMostThreads);
  const Kernels* kernels = arguments.kernels();
  if (!arguments.ok) return nullptr;
  size_t parameters = 0;
  for (size_t l = 0; l + 1 < count; l++) parameters += (static_cast<size_t>(sizes[l]) + 1) * sizes[l + 1];
  if (parameters > kMostParameters)
    return throwError(env, "INVALID_ARGUMENT", "%stoo many parameters: %.0f", "", static_cast<double>(parameters));

  Session* session = nullptr;
  try {
    session = new Session;
    session->kernels = kernels;
    session->network = rp::createNetwork(sizes, static_cast<int>(count) - 1,
                                         static_cast<rp::Activation>(activation), static_cast<rp::Objective>(objective),
                                         capacity, threads);
  } catch (const std::exception& error) {
    delete session;
    return throwError(env, "OUT_OF_MEMORY", "the network's buffers or threads could not be had: %s", error.what());
  }
  napi_value external = nullptr;
  session->account(env, true);
  const auto finalize = [](napi_env finalizing, void* data, void*) {
    static_cast<Session*>(data)->close(finalizing);
    delete static_cast<Session*>(data);
  };
  if (napi_create_external(env, session, finalize, nullptr, &external) != napi_ok) {
    finalize(env, session, nullptr);
    return throwError(env, "OUT_OF_MEMORY", "the network's handle could not be made");
  }
  napi_type_tag_object(env, external, &Arguments::kTag);
  return external;
}

napi_value disposeNetwork(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  if (Session* session = arguments.session()) session->close(env);
  return nullptr;
}

napi_value forward(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* inputs = arguments.floats("inputs", static_cast<size_t>(rows) * net.sizes[0]);
  if (arguments.ok) session->kernels->forward(net, parameters, inputs, rows);
  return nullptr;
}

napi_value loss(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const float* targets = arguments.floats("targets", static_cast<size_t>(rows) * net.sizes[net.layers]);
  if (!arguments.ok) return nullptr;
  napi_value result = nullptr;
  napi_create_double(env, session->kernels->loss(net, targets, rows), &result);
  return result;
}

napi_value gradient(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 5);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* inputs = arguments.floats("inputs", static_cast<size_t>(rows) * net.sizes[0]);
  float* out = arguments.floats("gradient", net.parameterCount());
  if (arguments.ok) session->kernels->gradient(net, parameters, inputs, rows, out);
  return nullptr;
}

napi_value curvature(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 9);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const int first = arguments.integer("first row", 0, rows - 1);
  const int last = arguments.integer("last row", first + 1, rows);
  const float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* inputs = arguments.floats("inputs", static_cast<size_t>(rows) * net.sizes[0]);
  const rp::OutputSample sample = arguments.outputSample(net.sizes[net.layers]);
  const auto which = static_cast<rp::Diagonal>(arguments.integer("diagonal", 0, 1));
  float* out = arguments.floats("curvature", net.parameterCount());
  if (arguments.ok) session->kernels->curvature(net, parameters, inputs, rows, first, last, sample, which, out);
  return nullptr;
}

napi_value finite(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value sgd(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const rp::Momentum momentum = arguments.momentum(net.parameterCount());
  if (!arguments.ok) return nullptr;
  return finite(env, session->kernels->sgd(net, parameters, gradient, static_cast<float>(learningRate), momentum));
}

float single(double value) { return static_cast<float>(value); }

// parameters, gradient, signal|null, first moment|null, second moment, largest|null, velocity|null,
// learning rate, decay, beta1, beta2, factor of the squares, epsilon, step (0: no bias to correct), momentum
napi_value adam(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 16);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  rp::Moments moments;
  moments.signal = arguments.floats("signal", net.parameterCount(), true);
  moments.first = arguments.floats("first moment", net.parameterCount(), true);
  moments.second = arguments.floats("second moment", net.parameterCount());
  moments.largest = arguments.floats("largest moment", net.parameterCount(), true);
  moments.velocity = arguments.floats("velocity", net.parameterCount(), true);
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const double decay = arguments.number("weight decay", 0, kLargest);
  const double beta1 = arguments.number("beta1", 0, 1), beta2 = arguments.number("beta2", 0, 1);
  const double squares = arguments.number("factor of the squares", 0, 1);
  const double epsilon = arguments.number("epsilon", 0, kLargest);
  const double step = arguments.number("step", 0, 9007199254740991.);
  const double momentum = arguments.number("momentum", 0, 1);
  if (!arguments.ok) return nullptr;
  if (moments.velocity && (moments.first || moments.largest))
    return throwError(env, "INVALID_ARGUMENT", "velocity: goes with neither a first nor a largest moment");
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
  return finite(env, session->kernels->adam(net, parameters, gradient, moments, constants));
}

napi_value sophia(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 12);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  const float* curvature = arguments.floats("curvature", net.parameterCount(), true);
  float* firstMoment = arguments.floats("first moment", net.parameterCount());
  float* average = arguments.floats("average", net.parameterCount());
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const double decay = arguments.number("weight decay", 0, kLargest);
  const double beta1 = arguments.number("beta1", 0, 1), beta2 = arguments.number("beta2", 0, 1);
  const double gamma = arguments.number("gamma", 0, kLargest), epsilon = arguments.number("epsilon", 0, kLargest);
  if (!arguments.ok) return nullptr;
  const rp::SophiaConstants constants = {
      single(learningRate), single(learningRate * decay), single(beta1), single(1 - beta1),
      single(beta2),        single(1 - beta2),            single(gamma), single(epsilon),
  };
  return finite(env, session->kernels->sophia(net, parameters, gradient, curvature, firstMoment, average, constants));
}

napi_value residualPartitioning(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 12);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  const float* curvature = arguments.floats("curvature", net.parameterCount());
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const rp::Momentum momentum = arguments.momentum(net.parameterCount());
  const rp::Average average = arguments.average(net.parameterCount());
  const double exponent = arguments.number("exponent", 0, 1);
  if (!arguments.ok) return nullptr;
  return finite(env, session->kernels->residualPartitioning(net, parameters, gradient, curvature,
                                                            static_cast<float>(learningRate), momentum, average,
                                                            static_cast<float>(exponent)));
}

napi_value direction(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  const float* curvature = arguments.floats("curvature", net.parameterCount());
  const rp::Average average = arguments.average(net.parameterCount());
  const double exponent = arguments.number("exponent", 0, 1);
  float* out = arguments.floats("direction", net.parameterCount());
  if (arguments.ok)
    session->kernels->direction(net, gradient, curvature, average, static_cast<float>(exponent), out);
  return nullptr;
}

napi_value jacobianProduct(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 5);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const float* inputs = arguments.floats("inputs", static_cast<size_t>(rows) * net.sizes[0]);
  const float* along = arguments.floats("direction", net.parameterCount());
  float* out = arguments.floats("product", static_cast<size_t>(rows) * net.sizes[net.layers]);
  if (arguments.ok) session->kernels->jacobianProduct(net, inputs, rows, along, out);
  return nullptr;
}

napi_value quadraticModel(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 6);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const size_t outputs = static_cast<size_t>(rows) * net.sizes[net.layers];
  const float* targets = arguments.floats("targets", outputs);
  const float* first = arguments.floats("first product", outputs);
  const float* second = arguments.floats("second product", outputs, true);
  double* sums = arguments.doubles("sums", rp::kModelSums);
  if (arguments.ok) session->kernels->quadraticModel(net, targets, rows, first, second, sums);
  return nullptr;
}

napi_value moveAlong(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 6);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* along = arguments.floats("direction", net.parameterCount());
  float* previous = arguments.floats("previous step", net.parameterCount());
  const double alpha = arguments.number("alpha", -kLargest, kLargest), mu = arguments.number("mu", -kLargest, kLargest);
  if (!arguments.ok) return nullptr;
  return finite(env, session->kernels->moveAlong(net, parameters, along, previous, static_cast<float>(alpha),
                                                 static_cast<float>(mu)));
}

// The name of the kernels that "" or a name stands for.
napi_value instructionSet(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  const Kernels* kernels = arguments.kernels();
  if (!arguments.ok) return nullptr;
  napi_value result = nullptr;
  napi_create_string_utf8(env, kernels->name, NAPI_AUTO_LENGTH, &result);
  return result;
}

napi_value multiplyAdd(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  const int rounds = arguments.integer("rounds", 1, 1 << 20);
  if (!arguments.ok) return nullptr;
  napi_value result = nullptr;
  napi_create_double(env, rp::multiplyAdd(rounds), &result);
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
#define RP_FUNCTION(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_enumerable, nullptr}
      RP_FUNCTION(createNetwork), RP_FUNCTION(disposeNetwork), RP_FUNCTION(forward),
      RP_FUNCTION(loss),          RP_FUNCTION(gradient),       RP_FUNCTION(curvature),
      RP_FUNCTION(sgd),           RP_FUNCTION(adam),           RP_FUNCTION(sophia),           RP_FUNCTION(residualPartitioning),
      RP_FUNCTION(direction),     RP_FUNCTION(jacobianProduct), RP_FUNCTION(quadraticModel),
      RP_FUNCTION(moveAlong),     RP_FUNCTION(instructionSet), RP_FUNCTION(multiplyAdd),
#undef RP_FUNCTION
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
