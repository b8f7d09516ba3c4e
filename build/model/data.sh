#!/usr/bin/env bash
# Gathers what screens are drawn from, texts and fonts of Debian 12 packages, which are unpacked and not installed.
#   data.sh DIR    leaves DIR/text and DIR/fonts; wants Python with Pillow
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/debs" "$1/unpacked"
cd "$1"

texts="fortunes fortunes-min wamerican nautilus-data gnome-control-center-data gimp-data inkscape pidgin-data evolution-common evince-common
  totem-common rhythmbox-data gedit-common gnome-terminal-data file-roller transmission-common deluge-common brasero-common shotwell-common geary
  gnome-software-common synaptic gparted audacity-data libglib2.0-data libgtk-3-common libreoffice-l10n-de gnucash-common abiword-common
  gnumeric-common darktable vlc-l10n epiphany-browser-data gnome-calendar gnome-maps gnome-music gnome-weather simple-scan baobab gnome-disk-utility
  seahorse eog gthumb-data quodlibet remmina-common virt-manager xfce4-settings thunar-data caja-common mate-control-center-common cheese-common
  libgnome-desktop-3-20 mutt git-man subversion wget coreutils dpkg apt bash libpython3.11-stdlib golang-1.19-src node-lodash node-semver node-glob node-yargs zlib1g-dev libpng-dev
  libsqlite3-dev bash-completion"
fonts="fonts-noto-core fonts-lato fonts-open-sans fonts-roboto-unhinted fonts-roboto-slab fonts-inter fonts-firacode fonts-hack fonts-liberation2
  fonts-liberation fonts-dejavu-core fonts-dejavu-extra fonts-croscore fonts-inconsolata fonts-anonymous-pro fonts-mononoki fonts-monoid
  fonts-linuxlibertine fonts-ebgaramond fonts-freefont-ttf fonts-sil-charis fonts-sil-andika fonts-league-spartan fonts-cabin fonts-dosis fonts-play
  fonts-texgyre fonts-lobster fonts-vollkorn fonts-karla fonts-mplus fonts-tuffy fonts-junicode fonts-arkpandora fonts-century-catalogue
  fonts-noto-mono fonts-noto-ui-core fonts-fantasque-sans fonts-courier-prime fonts-go fonts-b612 fonts-jura fonts-yanone-kaffeesatz
  fonts-roboto-fontface fonts-sil-doulos fonts-averia-sans-gwf fonts-averia-serif-gwf fonts-averia-gwf"

(cd debs && apt-get download -qq $texts $fonts)
for deb in debs/*.deb; do dpkg -x "$deb" unpacked; done
apt-cache dumpavail | sed -n 's/^Description: //p' >unpacked/summaries.txt # apt's lists, as apt-get update left them
python3 "$here/mktext.py" unpacked text
python3 "$here/fonts.py" unpacked fonts
