// Comes before every source of the prebuilt add-on (scripts/build-native.js --prebuilt) and binds a function to its
// oldest version, so that the add-on loads wherever Node's own linux-x64 binary does: from glibc 2.28 and the libstdc++
// of GCC 8. The newer version differs in what is not used here: it is declared noexcept.
#pragma once

__asm__(
    ".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE, "
    "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");
