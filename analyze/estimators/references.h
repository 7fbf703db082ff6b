/* analyze/estimators/references.h: what the built-in estimators and presets are taken from, as BibTeX. ASCII only, so
 * that old BibTeX reads it; fields that nobody could check are left out. */
#ifndef OPJ_ANALYZE_ESTIMATORS_REFERENCES_H
#define OPJ_ANALYZE_ESTIMATORS_REFERENCES_H

#define OPJ_BIBTEX_HOROWITZ                                                                                            \
	"@inproceedings{horowitz2014,\n"                                                                               \
	"  author    = {Horowitz, Mark},\n"                                                                            \
	"  title     = {1.1 {Computing's} energy problem (and what we can do about it)},\n"                            \
	"  booktitle = {2014 {IEEE} International Solid-State Circuits Conference Digest of Technical Papers "         \
	"({ISSCC})},\n"                                                                                                \
	"  pages     = {10--14},\n"                                                                                    \
	"  year      = {2014},\n"                                                                                      \
	"  doi       = {10.1109/ISSCC.2014.6757323}\n"                                                                 \
	"}\n"

#define OPJ_BIBTEX_LEMAIRE                                                                                             \
	"@inproceedings{lemaire2022,\n"                                                                                \
	"  author    = {Lemaire, Edgar and Cordone, Lo{\\\"\\i}c and Castagnetti, Andrea and Novac, Pierre-Emmanuel "  \
	"and Courtois, Jonathan and Miramond, Beno{\\^\\i}t},\n"                                                       \
	"  title     = {An Analytical Estimation of Spiking Neural Networks Energy Efficiency},\n"                     \
	"  booktitle = {Neural Information Processing ({ICONIP} 2022)},\n"                                             \
	"  pages     = {574--587},\n"                                                                                  \
	"  publisher = {Springer},\n"                                                                                  \
	"  year      = {2023},\n"                                                                                      \
	"  doi       = {10.1007/978-3-031-30105-6_48},\n"                                                              \
	"  note      = {arXiv:2210.13107}\n"                                                                           \
	"}\n"

#define OPJ_BIBTEX_SPIKESIM                                                                                            \
	"@article{moitra2023,\n"                                                                                       \
	"  author    = {Moitra, Abhishek and Bhattacharjee, Abhiroop and Kuang, Runcong and Krishnan, Gokul and "      \
	"Cao, Yu and Panda, Priyadarshini},\n"                                                                         \
	"  title     = {{SpikeSim}: An End-to-End Compute-in-Memory Hardware Evaluation Tool for Benchmarking "        \
	"Spiking Neural Networks},\n"                                                                                  \
	"  journal   = {IEEE Transactions on Computer-Aided Design of Integrated Circuits and Systems},\n"             \
	"  year      = {2023},\n"                                                                                      \
	"  url       = {https://ieeexplore.ieee.org/document/10122627},\n"                                             \
	"  note      = {arXiv:2210.12899}\n"                                                                           \
	"}\n"

#define OPJ_BIBTEX_NEUROMC                                                                                             \
	"@article{li2026neuromc,\n"                                                                                    \
	"  author    = {Li, Mingjing and Zhou, Huihui and Xu, Xiaofeng and Zhong, Zhiwei and Quan, Puli and Zhu, "     \
	"Xueke and Lin, Yanyu and Lin, Wenjie and Li, Xiaosha and Wang, Dong and Zhang, Junchao and Ma, Yunhao and "   \
	"Cui, Xiaole and Wang, Wei and Meng, Qingyan and Ma, Zhengyu and Li, Guoqi and Cui, Xiaoxin and Tian, "        \
	"Yonghong},\n"                                                                                                 \
	"  title     = {A highly energy-efficient multi-core neuromorphic architecture for training deep spiking "     \
	"neural networks},\n"                                                                                          \
	"  journal   = {Nature Communications},\n"                                                                     \
	"  year      = {2026},\n"                                                                                      \
	"  doi       = {10.1038/s41467-026-70586-x},\n"                                                                \
	"  note      = {Code: https://github.com/dayanhn/NeuroMC}\n"                                                   \
	"}\n"

#define OPJ_BIBTEX_SPIKINGJELLY                                                                                        \
	"@article{fang2023spikingjelly,\n"                                                                             \
	"  author    = {Fang, Wei and Chen, Yanqi and Ding, Jianhao and Yu, Zhaofei and Masquelier, Timoth{\\'e}e "    \
	"and Chen, Ding and Huang, Liwei and Zhou, Huihui and Li, Guoqi and Tian, Yonghong},\n"                        \
	"  title     = {{SpikingJelly}: An open-source machine learning infrastructure platform for spike-based "      \
	"intelligence},\n"                                                                                             \
	"  journal   = {Science Advances},\n"                                                                          \
	"  volume    = {9},\n"                                                                                         \
	"  number    = {40},\n"                                                                                        \
	"  pages     = {eadi1480},\n"                                                                                  \
	"  year      = {2023},\n"                                                                                      \
	"  doi       = {10.1126/sciadv.adi1480}\n"                                                                     \
	"}\n"

/* This program. */
#define OPJ_BIBTEX_SELF                                                                                                \
	"@software{opjoule,\n"                                                                                         \
	"  author    = {{opjoule developers}},\n"                                                                      \
	"  title     = {opjoule: what a neural network costs in energy, from a recorded run},\n"                       \
	"  version   = {" OPJ_VERSION "}\n"                                                                            \
	"}\n"

#endif
