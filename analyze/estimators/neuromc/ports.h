/* analyze/estimators/neuromc/ports.h: what an access to each memory of the NeuroMC accelerator costs.
 *
 * One line is one direction of one memory: name, width of the port in bits, key of its setting, default in pJ for one
 * access of that width, what it holds. 32 nm, preset neuromc_like_v1 of SpikingJelly's op_counter (neuromc/config.py).
 * The register of one bit is 0.00901 * 2 / 7.1, that of 16 bits 16 times as much. */
#ifndef OPJ_ANALYZE_ESTIMATORS_NEUROMC_PORTS_H
#define OPJ_ANALYZE_ESTIMATORS_NEUROMC_PORTS_H

/* clang-format off */
#define OPJ_NEUROMC_PORTS(X) \
	X(REG_1B_READ, 1, "reg_1b_read_pj_per_1b", "0.0025380281690140847", "register of one bit") \
	X(REG_16B_READ, 16, "reg_16b_read_pj_per_16b", "0.040608450704225356", "register of 16 bits") \
	X(REG_16B_WRITE, 16, "reg_16b_write_pj_per_16b", "0.040608450704225356", "register of 16 bits") \
	X(FP_CONV_IN_S_READ, 1, "sram_fp_conv_in_s_read_pj_per_1b", "0.44854798", "forward: input spikes, 18496 bits") \
	X(FP_CONV_IN_W_READ, 16, "sram_fp_conv_in_w_read_pj_per_16b", "5.302477904", "forward: weights or a dense input, 18432 bits") \
	X(FP_CONV_OUT_XI_READ, 16, "sram_fp_conv_out_xi_read_pj_per_16b", "5.792676768", "forward: input currents, 65536 bits") \
	X(FP_CONV_OUT_XI_WRITE, 16, "sram_fp_conv_out_xi_write_pj_per_16b", "5.792676768", "forward: input currents, 65536 bits") \
	X(FP_SOMA_U_READ, 256, "sram_fp_soma_u_read_pj_per_256b", "92.68282828", "forward: membrane potentials, 1 Mibit") \
	X(FP_SOMA_U_WRITE, 256, "sram_fp_soma_u_write_pj_per_256b", "92.68282828", "forward: membrane potentials, 1 Mibit") \
	X(FP_SOMA_S_READ, 16, "sram_fp_soma_s_read_pj_per_16b", "7.176767677", "forward: output spikes, 256 Kibit") \
	X(FP_SOMA_S_WRITE, 16, "sram_fp_soma_s_write_pj_per_16b", "7.176767677", "forward: output spikes, 256 Kibit") \
	X(FP_SOMA_SMASK_READ, 16, "sram_fp_soma_smask_read_pj_per_16b", "7.176767677", "forward: surrogate masks, 64 Kibit") \
	X(FP_SOMA_SMASK_WRITE, 16, "sram_fp_soma_smask_write_pj_per_16b", "7.176767677", "forward: surrogate masks, 64 Kibit") \
	X(BP_CONV_IN_DU_READ, 16, "sram_bp_conv_in_du_read_pj_per_16b", "5.792676768", "backward: gradients of potentials, 73984 bits") \
	X(BP_CONV_IN_W_READ, 16, "sram_bp_conv_in_w_read_pj_per_16b", "5.302477904", "backward: weights, 18432 bits") \
	X(BP_CONV_OUT_RES_READ, 16, "sram_bp_conv_out_res_read_pj_per_16b", "5.792676768", "backward: input gradients, 64 Kibit") \
	X(BP_CONV_OUT_RES_WRITE, 16, "sram_bp_conv_out_res_write_pj_per_16b", "5.792676768", "backward: input gradients, 64 Kibit") \
	X(BP_GRAD_IN_U_READ, 256, "sram_bp_grad_in_u_read_pj_per_256b", "92.68282828", "backward: membrane potentials, 1 Mibit") \
	X(BP_GRAD_IN_U_WRITE, 256, "sram_bp_grad_in_u_write_pj_per_256b", "92.68282828", "backward: membrane potentials, 1 Mibit") \
	X(BP_GRAD_IN_S_READ, 16, "sram_bp_grad_in_s_read_pj_per_16b", "7.176767677", "backward: spikes, 64 Kibit") \
	X(BP_GRAD_IN_S_WRITE, 16, "sram_bp_grad_in_s_write_pj_per_16b", "7.176767677", "backward: spikes, 64 Kibit") \
	X(BP_GRAD_IN_SMASK_READ, 16, "sram_bp_grad_in_smask_read_pj_per_16b", "7.176767677", "backward: surrogate masks, 64 Kibit") \
	X(BP_GRAD_IN_SMASK_WRITE, 16, "sram_bp_grad_in_smask_write_pj_per_16b", "7.176767677", "backward: surrogate masks, 64 Kibit") \
	X(BP_GRAD_OUT_DU_READ, 256, "sram_bp_grad_out_du_read_pj_per_256b", "92.68282828", "backward: gradients of potentials, 1 Mibit") \
	X(BP_GRAD_OUT_DU_WRITE, 256, "sram_bp_grad_out_du_write_pj_per_256b", "92.68282828", "backward: gradients of potentials, 1 Mibit") \
	X(WG_CONV_IN_S_READ, 1, "sram_wg_conv_in_s_read_pj_per_1b", "0.44854798", "weight gradient: input spikes, 4624 bits") \
	X(WG_CONV_IN_DU_READ, 16, "sram_wg_conv_in_du_read_pj_per_16b", "5.792676768", "weight gradient: gradients of potentials, 64 Kibit") \
	X(WG_CONV_OUT_DW_WRITE, 16, "sram_wg_conv_out_dw_write_pj_per_16b", "5.302477904", "weight gradient: gradients of weights, 18432 bits") \
	X(SRAM_2MB_READ, 256, "sram_2mb_read_pj_per_256b", "46.976", "batch normalisation: the 2 MB buffer") \
	X(SRAM_2MB_WRITE, 256, "sram_2mb_write_pj_per_256b", "45.96", "batch normalisation: the 2 MB buffer") \
	X(SRAM_6MB_READ, 256, "sram_6mb_read_pj_per_256b", "458.1830181", "optimizer: the 6 MB buffer") \
	X(SRAM_6MB_WRITE, 256, "sram_6mb_write_pj_per_256b", "375.0422185", "optimizer: the 6 MB buffer")

/* clang-format on */

#endif
