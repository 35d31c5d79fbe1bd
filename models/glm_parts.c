#include "models/glm_parts.h"

dc_status dc_glm_before(dc_glm_fit *fit, dc_error *error)
{
  (void)fit;
  (void)error;
  return DC_OK;
}

dc_status dc_glm_after(dc_glm_fit *fit, dc_error *error)
{
  (void)fit;
  (void)error;
  return DC_OK;
}
