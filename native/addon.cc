// The Node-API shell: checks every argument, then calls a kernel. Nothing here computes.
#include <node_api.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "kernels.h"

namespace {

using rp::Kernels;
using rp::Network;

struct Session {
  Network* network = nullptr;  // null after dispose
  const Kernels* kernels = nullptr;
  // Tells the garbage collector how much memory the small handle stands for.
  void account(napi_env env, bool held) const {
    int64_t total = 0;
    const int64_t bytes = network ? static_cast<int64_t>(network->bytes) : 0;
    napi_adjust_external_memory(env, held ? bytes : -bytes, &total);
  }
  void close(napi_env env) {
    if (network == nullptr) return;
    account(env, false);
    rp::destroyNetwork(network);
    network = nullptr;
  }
};

napi_value throwError(napi_env env, const char* code, const char* format, const char* name = "", double value = 0) {
  char message[256];
  std::snprintf(message, sizeof message, format, name, value);
  napi_throw_error(env, code, message);
  return nullptr;
}

// The arguments of one call, read in order; after the first bad one an exception is pending and `ok` is false.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info, size_t expected) : env_(env) {
    size_t count = kMost;
    ok = napi_get_cb_info(env, info, &count, values_, nullptr, nullptr) == napi_ok;
    if (ok && count != expected) fail("%sexpected %.0f arguments", "", static_cast<double>(expected));
  }

  Session* session() {
    void* pointer = nullptr;
    napi_valuetype type = napi_undefined;
    const napi_value value = next();
    if (!ok) return nullptr;
    bool tagged = false;
    if (napi_typeof(env_, value, &type) != napi_ok || type != napi_external ||
        napi_get_value_external(env_, value, &pointer) != napi_ok || pointer == nullptr ||
        napi_check_object_type_tag(env_, value, &kTag, &tagged) != napi_ok || !tagged)
      return fail("%sargument 1 is not a network"), nullptr;
    Session* session = static_cast<Session*>(pointer);
    if (session->network == nullptr) {
      throwError(env_, "DISPOSED", "this session has been disposed");
      ok = false;
      return nullptr;
    }
    return session;
  }

  double number(const char* name, double low, double high) {
    double value = 0;
    const napi_value argument = next();
    if (!ok) return 0;
    if (napi_get_value_double(env_, argument, &value) != napi_ok) return fail("%s is not a number", name), 0;
    if (!(value >= low && value <= high)) fail("%s is out of range: %g", name, value);
    return value;
  }
  int integer(const char* name, int low, int high) {
    const double value = number(name, low, high);
    if (ok && value != std::floor(value)) fail("%s is not an integer: %g", name, value);
    return ok ? static_cast<int>(value) : 0;
  }
  // By name; "" means the best this processor runs.
  const Kernels* kernels() {
    char name[16] = "";
    const napi_value argument = next();
    if (!ok) return nullptr;
    if (napi_get_value_string_utf8(env_, argument, name, sizeof name, nullptr) != napi_ok)
      return fail("%s is not a string", "instruction set"), nullptr;
    const Kernels* found = rp::selectKernels(name[0] ? name : nullptr);
    if (!found) fail("instruction set: this processor or build has no %s kernels", name);
    return found;
  }
  bool boolean(const char* name) {
    bool value = false;
    const napi_value argument = next();
    if (ok && napi_get_value_bool(env_, argument, &value) != napi_ok) fail("%s is not a boolean", name);
    return value;
  }
  // A Float32Array of exactly `count` elements; null where `optional` and the argument is null.
  float* floats(const char* name, size_t count, bool optional = false) {
    napi_valuetype type = napi_undefined;
    napi_typedarray_type kind = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const napi_value argument = next();
    if (!ok) return nullptr;
    if (optional && napi_typeof(env_, argument, &type) == napi_ok && type == napi_null) return nullptr;
    if (napi_get_typedarray_info(env_, argument, &kind, &length, &data, nullptr, nullptr) != napi_ok ||
        kind != napi_float32_array)
      return fail("%s is not a Float32Array", name), nullptr;
    if (length != count) return fail("%s has the wrong length: %.0f", name, static_cast<double>(length)), nullptr;
    return static_cast<float*>(data);
  }
  // least..most elements of an Int32Array, each in low..high, into `out`; returns how many.
  size_t integers(const char* name, int* out, size_t least, size_t most, int low, int high) {
    napi_typedarray_type kind = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const napi_value argument = next();
    if (!ok) return 0;
    if (napi_get_typedarray_info(env_, argument, &kind, &length, &data, nullptr, nullptr) != napi_ok ||
        kind != napi_int32_array)
      return fail("%s is not an Int32Array", name), 0;
    if (length < least || length > most) return fail("%s: there are %.0f of them", name, static_cast<double>(length)), 0;
    std::memcpy(out, data, length * sizeof *out);
    for (size_t i = 0; i < length; i++)
      if (out[i] < low || out[i] > high) return fail("%s is out of range: %.0f", name, out[i]), 0;
    return length;
  }
  // Null, or an Int32Array of strictly ascending indices below `limit`.
  rp::OutputSample outputSample(int limit) {
    napi_valuetype type = napi_undefined;
    napi_typedarray_type kind = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const rp::OutputSample all = {nullptr, limit};
    const napi_value argument = next();
    if (!ok || (napi_typeof(env_, argument, &type) == napi_ok && type == napi_null)) return all;
    if (napi_get_typedarray_info(env_, argument, &kind, &length, &data, nullptr, nullptr) != napi_ok ||
        kind != napi_int32_array || length == 0 || length > static_cast<size_t>(limit))
      return fail("%s are not an Int32Array of 1 to %.0f indices", "outputs", limit), all;
    const int* outputs = static_cast<const int*>(data);
    for (size_t i = 0; i < length; i++)
      if (outputs[i] < 0 || outputs[i] >= limit || (i > 0 && outputs[i] <= outputs[i - 1]))
        return fail("%s must ascend within the outputs: %.0f", "outputs", outputs[i]), all;
    return {outputs, static_cast<int>(length)};
  }
  rp::Average average(size_t count) {
    float* buffer = floats("average", count, true);
    const double decay = number("decay", 0, 1);
    return {buffer, static_cast<float>(decay), static_cast<float>(1 - decay)};
  }
  rp::Momentum momentum(size_t count) {
    float* buffer = floats("momentum buffer", count, true);
    const double coefficient = number("momentum", 0, 1);
    return {buffer, static_cast<float>(coefficient), static_cast<float>(1 - coefficient), boolean("nesterov")};
  }

  bool ok;
  static constexpr napi_type_tag kTag = {0x6f1d8ac25be94e07, 0x9d3b7c1540a2f6e8};

 private:
  static constexpr size_t kMost = 12;
  napi_value next() { return values_[index_ < kMost ? index_++ : kMost - 1]; }
  void fail(const char* format, const char* name = "", double value = 0) {
    throwError(env_, "INVALID_ARGUMENT", format, name, value);
    ok = false;
  }

  napi_env env_;
  napi_value values_[kMost] = {};
  size_t index_ = 0;
};

constexpr int kMostUnits = 1 << 20, kMostLayers = 64, kMostRows = 1 << 20, kMostThreads = 256;
constexpr size_t kMostParameters = size_t{1} << 30;
constexpr double kLargest = 3.4028234663852886e38;

napi_value createNetwork(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 5);
  int sizes[kMostLayers + 1];
  const size_t count = arguments.integers("layer sizes", sizes, 2, kMostLayers + 1, 1, kMostUnits);
  const int activation = arguments.integer("activation", 0, 2);
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
                                         static_cast<rp::Activation>(activation), capacity, threads);
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
  Arguments arguments(env, info, 8);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  const int rows = arguments.integer("rows", 1, net.capacity);
  const int first = arguments.integer("first row", 0, rows - 1);
  const int last = arguments.integer("last row", first + 1, rows);
  const float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* inputs = arguments.floats("inputs", static_cast<size_t>(rows) * net.sizes[0]);
  const rp::OutputSample sample = arguments.outputSample(net.sizes[net.layers]);
  float* out = arguments.floats("curvature", net.parameterCount());
  if (arguments.ok) session->kernels->curvature(net, parameters, inputs, rows, first, last, sample, out);
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

napi_value adam(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 10);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  float* firstMoment = arguments.floats("first moment", net.parameterCount());
  float* secondMoment = arguments.floats("second moment", net.parameterCount());
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const double beta1 = arguments.number("beta1", 0, 1), beta2 = arguments.number("beta2", 0, 1);
  const double epsilon = arguments.number("epsilon", 0, kLargest);
  const double step = arguments.number("step", 1, 9007199254740991.);
  if (!arguments.ok) return nullptr;
  const rp::AdamConstants constants = rp::adamConstants(learningRate, beta1, beta2, epsilon, step);
  return finite(env, session->kernels->adam(net, parameters, gradient, firstMoment, secondMoment, constants));
}

napi_value residualPartitioning(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 10);
  Session* session = arguments.session();
  if (!session) return nullptr;
  Network& net = *session->network;
  float* parameters = arguments.floats("parameters", net.parameterCount());
  const float* gradient = arguments.floats("gradient", net.parameterCount());
  const float* curvature = arguments.floats("curvature", net.parameterCount());
  const double learningRate = arguments.number("learning rate", 0, kLargest);
  const rp::Momentum momentum = arguments.momentum(net.parameterCount());
  const rp::Average average = arguments.average(net.parameterCount());
  if (!arguments.ok) return nullptr;
  return finite(env, session->kernels->residualPartitioning(net, parameters, gradient, curvature,
                                                            static_cast<float>(learningRate), momentum, average));
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
      RP_FUNCTION(sgd),           RP_FUNCTION(adam),           RP_FUNCTION(residualPartitioning),
      RP_FUNCTION(instructionSet), RP_FUNCTION(multiplyAdd),
#undef RP_FUNCTION
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
