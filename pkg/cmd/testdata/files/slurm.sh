#!/bin/bash
#SBATCH --job-name=fit
#SBATCH -t 2:00:00   # long
#SBATCH --mem 16G
#SBATCH --gres=gpu:1
#SBATCH --array=1-9%3
#SBATCH --mail-type=END
## SBATCH --not=this
echo "#SBATCH nor this"
