// Reads and checks the arguments of a call from JavaScript, before any pointer is touched.
#pragma once
#include <node_api.h>

#include <cmath>
#include <cstdio>
#include <cstring>

#include "kernels.h"

namespace rp {

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
    destroyNetwork(network);
    network = nullptr;
  }
};

inline napi_value throwError(napi_env env, const char* code, const char* format, const char* name = "", double value = 0) {
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
    const Kernels* found = selectKernels(name[0] ? name : nullptr);
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
  // A Float64Array of exactly `count` elements.
  double* doubles(const char* name, size_t count) {
    napi_typedarray_type kind = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const napi_value argument = next();
    if (!ok) return nullptr;
    if (napi_get_typedarray_info(env_, argument, &kind, &length, &data, nullptr, nullptr) != napi_ok ||
        kind != napi_float64_array || length != count)
      return fail("%s is not a Float64Array of %.0f", name, static_cast<double>(count)), nullptr;
    return static_cast<double*>(data);
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
  OutputSample outputSample(int limit) {
    napi_valuetype type = napi_undefined;
    napi_typedarray_type kind = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const OutputSample all = {nullptr, limit};
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
  Average average(size_t count) {
    float* buffer = floats("average", count, true);
    const double decay = number("decay", 0, 1);
    return {buffer, static_cast<float>(decay), static_cast<float>(1 - decay), boolean("safeguard")};
  }
  Momentum momentum(size_t count) {
    float* buffer = floats("momentum buffer", count, true);
    const double coefficient = number("momentum", 0, 1);
    return {buffer, static_cast<float>(coefficient), static_cast<float>(1 - coefficient), boolean("nesterov")};
  }

  bool ok;
  static constexpr napi_type_tag kTag = {0x6f1d8ac25be94e07, 0x9d3b7c1540a2f6e8};

 private:
  static constexpr size_t kMost = 16;
  napi_value next() { return values_[index_ < kMost ? index_++ : kMost - 1]; }
  void fail(const char* format, const char* name = "", double value = 0) {
    throwError(env_, "INVALID_ARGUMENT", format, name, value);
    ok = false;
  }

  napi_env env_;
  napi_value values_[kMost] = {};
  size_t index_ = 0;
};

}  // namespace rp
