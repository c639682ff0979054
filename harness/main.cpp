#include "harness/cli/cli.h"

int main(int argc, char** argv) {
  return ridgepoint::run_cli(argc, argv);
}
